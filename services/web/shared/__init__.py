"""What every page has: layout and look, sign-in, languages, security headers, error pages."""
