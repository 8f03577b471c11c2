"""An HTTP front before a target: sees every AWS call, and lets it through or refuses it."""
