"""Rights: tests/security/access_matrix.py has the table of who may do what."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "security"))
import access_matrix  # noqa: E402


def test_every_operation_is_in_the_table(_server):
    assert access_matrix.missing_cases() == []


def test_principals_and_operations(server):
    access_matrix.check(server)
