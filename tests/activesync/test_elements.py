"""docs/activesync.md has a row for every element of the code pages."""
import elements


def test_every_element_has_a_row(server):
    assert server
    assert not elements.check(), "\n".join(elements.check())
