"""The short form of the convergence run; converge.py has the long one [docs/reliability.md]."""
from converge import converge


def test_two_seeds(server):
    for seed in (1, 2):
        print(converge(server, "bob", seed, 120))
