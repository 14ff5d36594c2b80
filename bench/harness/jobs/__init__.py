"""The jobs, each a scenario or a few. To add a peer, write a Subject and put it into its job's list."""

from harness.jobs import acks, connections, echo, history, relay, storm, wire


def all_scenarios(quick):
    return [
        scenario
        for module in (echo, connections, relay, acks, wire, history, storm)
        for scenario in module.scenarios(quick)
    ]
