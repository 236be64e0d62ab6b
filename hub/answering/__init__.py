"""While a call rings: who calls, which step of the flow is next, and the carrier's document."""
