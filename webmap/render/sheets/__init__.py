"""The sheets of a report's workbook: what stands on each, and what all are made of."""
