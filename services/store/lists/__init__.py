"""The school's lists of people who must not simply be let in, and whoever may be one of them."""
