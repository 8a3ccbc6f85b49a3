"""Spec, API and state become a plan, with a reason for every action."""
