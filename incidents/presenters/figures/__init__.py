"""Figures as a page, a file, a program or Prometheus gets them."""
