"""The query language, pure: fields, filters, depth rules, rendering, fingerprints."""
