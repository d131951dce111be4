"""What virtual users share: throttles, rendezvous, broadcasts."""
