"""The journey: plan, apply, audit, use, destroy; and the evidence it leaves."""
