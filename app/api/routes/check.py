"""A pasted text held against what is held here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from app.api.checks import check_view
from app.api.deps import Checkers, ServicesDep, SnapshotDep
from app.api.openapi import problems
from app.api.problems import TOO_LARGE, ProblemError
from app.api.replies.treatment import CheckReply
from app.api.schemas import CheckBody
from app.checking.check import Checker
from app.checking.models import MOST_CHARACTERS

router = APIRouter(prefix="/v1", tags=["answers"])


def checker_of(request: Request, snapshot: SnapshotDep) -> Checker:
    """Return the checker over this request's generation."""
    checkers: Checkers = request.app.state.checkers
    return checkers.of(snapshot)


@router.post("/check", response_model=CheckReply, responses=problems(400, 413, 503))
def check(
    snapshot: SnapshotDep, services: ServicesDep, checker: Annotated[Checker, Depends(checker_of)], body: CheckBody
) -> dict[str, Any]:
    """Check each citation and quotation of a text of at most 64,000 characters.

    Not held never means invented. Citations beyond the first 250 get the status 429 and are not looked up. The text is
    neither stored nor logged.
    """
    if len(body.text) > MOST_CHARACTERS:
        detail = f"The text has {len(body.text):,} characters; at most {MOST_CHARACTERS:,} are checked at once."
        raise ProblemError(TOO_LARGE, f"{detail} Send it in parts.")
    return check_view(snapshot, checker.check(body.text), services.jurisdictions)
