"""Local ports that are really used up, in a network that has twenty of them."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.plugin.conftest import EXAMPLES, Suite

FEW_PORTS = (
    "ip link set lo up && "
    'echo "32768 32787" > /proc/sys/net/ipv4/ip_local_port_range && exec "$0" "$@"'
)


def in_a_network_of_few_ports() -> list[str]:
    """Return what is put before a command. Skips where that is not allowed."""
    for tool in ("unshare", "ip"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}")
    within = ["unshare", "--net", "sh", "-c", FEW_PORTS]
    tried = subprocess.run([*within, "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"unshare --net: {tried.stderr.strip()}")
    return within


def test_a_run_without_ports_is_invalid_and_the_app_has_no_errors(suite: Suite) -> None:
    within = in_a_network_of_few_ports()
    suite.ini(
        "[pytest]\n"
        "filterwarnings = error\n"
        "    ignore:Module already imported:pytest.PytestAssertRewriteWarning\n"
        "liveview_server = {python} -m roost --port {port}\n"
        f"liveview_server_cwd = {EXAMPLES}\n"
        "liveview_max_lag = 10s\n"
        "liveview_json = out.json\n"
    )
    suite.tests("""
        from pytest_liveview_load import budget, load

        @budget("errors < 1")
        @load(users=30, iterations=2)
        async def test_visit(live):
            await live.visit("/counter")
            await live.click("#inc")
    """)

    result = suite.pytester.run(
        *within, sys.executable, "-m", "pytest", *suite.arguments(()), timeout=120
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["INVALID: no local port was left for a connection, *"])
    (run,) = json.loads((suite.pytester.path / "out.json").read_text())["load_tests"]
    (cause,) = run["invalid"]
    assert cause.startswith("no local port was left for a connection, of 20, ")
    assert " iterations failed of it: widen the range (sysctl -w net.ipv4.ip_" in cause
    assert (run["failures"], run["counts"]["errors"]) == ([], 0)
