"""Names for people: `metadata.title.len` is "Metadata Title Len", unless the app is known to say something else."""

SEEN = {
    "url": "Full URL",
    "http_code": "HTTP Status Code",
    "indexable.is_indexable": "Is Indexable",
    "count_impressions": "Impressions",
    "count_clicks": "Clicks",
    "ctr": "CTR",
    "avg_position": "Avg. Position",
    "compliant.main_reason": "Non-Indexable Main Reason",
    "compliant.detailed_reason": "Non-Indexable Detailed Reason",
    "crawls.google.count": "Crawls: Count On Period By Google",
}


def verbose_name(field_id: str) -> str:
    """A field's verbose name."""
    return SEEN.get(field_id) or field_id.replace(".", " ").replace("_", " ").title()
