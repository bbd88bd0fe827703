"""unchanged_on_error keeps all new attributes or none."""

import pytest

from skdl._transaction import unchanged_on_error


class Thing:
    def __init__(self):
        self.kept = [1]
        self.changed = "old"


def test_success_keeps_new_attributes():
    thing = Thing()
    with unchanged_on_error(thing):
        thing.changed = "new"
        thing.added = 1
        del thing.kept
    assert vars(thing) == {"changed": "new", "added": 1}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_error_restores_every_attribute_and_is_raised(error):
    thing = Thing()
    kept = thing.kept
    with pytest.raises(error, match="why"), unchanged_on_error(thing):
        thing.changed = "new"
        thing.added = 1
        del thing.kept
        raise error("why")
    assert vars(thing) == {"kept": [1], "changed": "old"}
    assert thing.kept is kept


def test_restored_object_can_change_again():
    thing = Thing()
    with pytest.raises(ValueError, match="why"), unchanged_on_error(thing):
        raise ValueError("why")
    thing.changed = "later"
    assert vars(thing)["changed"] == "later"


def test_inner_error_handled_outside_keeps_the_outer_changes():
    thing = Thing()
    with unchanged_on_error(thing):
        thing.changed = "outer"
        with pytest.raises(ValueError, match="why"), unchanged_on_error(thing):
            thing.changed = "inner"
            raise ValueError("why")
    assert thing.changed == "outer"


def test_nested_error_restores_the_outermost_state():
    thing = Thing()
    with pytest.raises(ValueError, match="why"), unchanged_on_error(thing):
        thing.changed = "outer"
        with unchanged_on_error(thing):
            thing.changed = "inner"
            raise ValueError("why")
    assert thing.changed == "old"
