"""The page as a person sees it: documents, forms, bindings, JS commands."""
