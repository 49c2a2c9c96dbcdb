"""Print the table of all codes, as Markdown: `python -m tuner.report.checks`."""

from tuner.report.checks.base import table_of_codes
from tuner.report.checks.every import EVERY_KIND

print(table_of_codes(EVERY_KIND))
