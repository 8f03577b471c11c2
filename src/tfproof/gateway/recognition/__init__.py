"""Which operation of which AWS service a request is."""
