"""Records: what is saved, hashed or sent. This room computes nothing, reads no clock and draws no random number."""
