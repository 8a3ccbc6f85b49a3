"""The world that is served where no config says otherwise: one project, one crawl of 2,999,210 URLs."""

from __future__ import annotations

from datetime import date

from runner.emulator.world import Crawl, Daily, Project, World

CUMULATIVE = (
    *(10, 560, 28_560, 303_560, 1_128_560, 1_788_560, 2_228_560, 2_503_560, 2_668_560, 2_778_560, 2_833_560),
    *(2_877_560, 2_910_560, 2_938_560, 2_960_560, 2_977_560, 2_988_560, 2_994_560, 2_997_560, 2_998_660, 2_999_210),
)
TOKEN = "emulator"  # noqa: S105 - opens nothing but this emulator, and the documentation names it


def default_world() -> World:
    """Organisation example-org, project example.com, analysis 20250413, token emulator."""
    project = Project(
        org="example-org",
        slug="example.com",
        host="www.example.com",
        crawls=(Crawl("20250413", CUMULATIVE, uncrawled=5_000),),
        search_console=Daily(date(2025, 2, 15), date(2025, 5, 1), rows_per_day=4_000),
        logs=Daily(date(2025, 3, 1), date(2025, 5, 1), rows_per_day=2_000),
    )
    return World(projects=(project,), tokens={TOKEN: ("example-org",)})
