"""The scorecard told: on a terminal, as JSON, as Markdown, as a page."""

from splitbrain.report.scorecard.document import scorecard_document
from splitbrain.report.scorecard.markdown import scorecard_markdown
from splitbrain.report.scorecard.page import scorecard_page
from splitbrain.report.scorecard.text import scorecard_text

__all__ = ["scorecard_document", "scorecard_markdown", "scorecard_page", "scorecard_text"]
