"""An export of the older API is found again by its id, whatever its project is called."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from runner.botify.older import address, exports_of, is_older, older_job

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(names, names, names)
@example("org", "my site", "20250413")
@example("org", "50%20/off?#", "20250413-2")
def test_a_job_is_looked_at_where_its_crawls_exports_are(org: str, project: str, analysis: str) -> None:
    exports = exports_of(org, project, analysis)
    job = older_job({"job_id": 7, "job_status": "CREATED"}, exports)
    assert is_older(job.id)
    assert address(job.id).path == f"{exports.path}/7"
