"""What an agent may use, and the sandbox in which programs run that nobody vouches for. Nothing is loaded here."""
