"""How a proof is shown to people and machines."""
