"""Shows runs in a browser: questions by the page, transcripts one by one, and a run as it goes. It changes nothing.

`looking` reads a run folder piece by piece, `comparing` sets runs side by side, `paths` answers, and `guard` lets in
only who knows the token. What the browser runs stands in `page`, with what it shares with the report's page.
"""
