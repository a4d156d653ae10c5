"""How thorough a run is: `make thorough` draws more, and runs what is slow and rare."""

import os

import pytest

# So many times as many examples are drawn as by `make test`.
THOROUGH = int(os.environ.get("THOROUGH", "1"))
# A test that draws its inputs by lot: `make thorough` runs it again, and draws more.
DRAWN = pytest.mark.drawn
# A test that takes a minute and fails once in a year: `make test` leaves it out.
SLOW_AND_RARE = pytest.mark.thorough
# Files and tests that are slow together: they kill, freeze or silence processes, start whole shops of their own, open a
# thousand connections, ask every page and every address again, or wait in a browser for what takes its time. CI runs
# `make thorough` after `make test`.
SLOW_TOGETHER = (
    "tests/api/test_schemathesis.py",
    "tests/attacks/test_hoarding.py",
    "tests/attacks/test_sign_in_crowds.py",
    "tests/attacks/test_silent_bodies.py",
    "tests/attacks/test_slow_clients.py",
    "tests/browser/test_account_emails.py",
    "tests/browser/test_accounts.py",
    "tests/browser/test_admin_pages.py",
    "tests/browser/test_clocks.py",
    "tests/browser/test_live_parts.py",
    "tests/browser/test_looks.py",
    "tests/browser/test_paint.py",
    "tests/browser/test_places.py",
    "tests/browser/test_stripe.py",
    "tests/browser/test_told.py",
    "tests/faults/",
    "tests/dropshop/machine/test_embedded.py",
    "tests/dropshop/machine/test_live_processes.py",
    "tests/dropshop/machine/test_run.py::test_a_file_in_place_of_the_state_folder_is_said_in_one_sentence",
    "tests/dropshop/machine/test_run.py::test_a_killed_supervisor_leaves_no_process_and_the_next_start_finds_the_data",
    "tests/dropshop/machine/test_run.py::test_a_second_shop_with_the_same_state_folder_is_refused",
    "tests/dropshop/machine/test_run.py::test_a_state_folder_without_the_right_to_write_is_said_in_one_sentence",
    "tests/dropshop/machine/test_run.py::test_ctrl_c_in_the_middle_of_the_first_start_leaves_nothing",
    "tests/dropshop/machine/test_run.py::test_processes_that_die_are_started_again",
    "tests/live/test_crowds.py",
    "tests/dropshop/machine/test_environment.py::test_a_process_that_refuses_its_configuration_has_an_exit_code_for_it",
    "tests/dropshop/edge/test_over_http.py",
    "tests/dropshop/operating/test_production_start.py",
    "tests/pages/test_shared_pages.py",
)


def is_slow_together(name: str) -> bool:
    """Whether the test of this name (a node id) is among them."""
    return name.startswith(SLOW_TOGETHER)
