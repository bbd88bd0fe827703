"""What pytest should know before it imports a test."""

import pytest

# Its promises are asserted outside of a test file: failures show values there, too.
pytest.register_assert_rewrite("tests.meta.promises")
