"""A LiveView client: Phoenix on the wire, the page as a person sees it, one user.

It knows neither pytest nor load.
"""
