"""A judged history as one interactive HTML page: who did what when, and why it cannot be."""

from splitbrain.report.history_page.page import history_page, write_history_page

__all__ = ["history_page", "write_history_page"]
