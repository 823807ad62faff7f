"""Faults of the machine under the product: kills, full and failing disks, little memory, two runs at once.

`kl` runs `lexatlas` commands that are killed or refused at a chosen system call; `ground` holds a small collection in
two states and what must be true after each step. Nothing here replaces a part of the product.
"""

import pytest

pytest.register_assert_rewrite("tests.reliability.ground")  # its assertions then say what they compared
