"""The project's tasks: `nox -l` lists them, `nox -s lint types` runs two of them."""

import nox

nox.options.sessions = ["lint", "types", "docs", "tests"]
nox.options.reuse_existing_virtualenvs = True

WORKFLOWS = (".github/workflows/ci.yml", ".github/workflows/release.yml")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; what follows `--` goes to pytest: `nox -s tests -- tests/metrics`."""
    session.install("-e", ".[dev]")
    session.run("pytest", *(session.posargs or ("-n", "4", "--dist", "worksteal")))


@nox.session
def lint(session: nox.Session) -> None:
    """Check formatting, style and the workflows' schema."""
    session.install("-e", ".[dev]")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run(
        "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS
    )


@nox.session
def types(session: nox.Session) -> None:
    """Check the types, and that no layer imports one above it."""
    session.install("-e", ".[dev]")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """Check the generated reference and build the site into `site/`."""
    session.install("-e", ".[docs,demo]")
    session.run("python", "docs/generate.py", "--check")
    session.run("mkdocs", "build", "--strict", env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def benchmark(session: nox.Session) -> None:
    """Measure this plugin beside Locust and a bare websocket client, in one run."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "benchmarks.compare", *session.posargs)
