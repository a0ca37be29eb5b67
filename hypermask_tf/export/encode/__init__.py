"""Stage: zeros that are not stored, where that is smaller and right."""
