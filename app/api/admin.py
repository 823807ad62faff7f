"""Who may start and stop runs: whoever sends the admin key of the settings."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.api.deps import ServicesDep
from app.api.problems import NO_KEY, WRONG_KEY, ProblemError

_BEARER = HTTPBearer(
    auto_error=False, scheme_name="adminKey", description="The key that LEXATLAS_ADMIN_KEY of the service holds."
)
_Sent = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


def is_admin(services: ServicesDep, sent: _Sent) -> bool:
    """Tell whether a request brings the admin key; raise ProblemError where it brings a wrong one."""
    if sent is None:
        return False
    key = services.settings.admin_key
    if not key:
        raise ProblemError(NO_KEY, NO_KEY.advice)
    if not secrets.compare_digest(sent.credentials.encode("utf-8", "replace"), key.encode("utf-8")):
        raise _unknown("The admin key that was sent is not the one of this service.")
    return True


def must_be_admin(services: ServicesDep, admin: Annotated[bool, Depends(is_admin)]) -> None:
    """Raise ProblemError where a request does not bring the admin key."""
    if not services.settings.admin_key:
        raise ProblemError(NO_KEY, NO_KEY.advice)
    if not admin:
        raise _unknown(WRONG_KEY.advice)


def _unknown(detail: str) -> ProblemError:
    return ProblemError(WRONG_KEY, detail, headers={"WWW-Authenticate": 'Bearer realm="lexatlas"'})


AdminDep = Annotated[bool, Depends(is_admin)]
Admin = Depends(must_be_admin)
