"""BQL: what a request may ask, compiled to SQL whose every value is a parameter."""
