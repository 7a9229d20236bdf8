"""The findings, and the verdicts that they are made from."""
