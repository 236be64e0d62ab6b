"""The TwiML dialect: what all carriers that speak TwiML, or a language like it, have in common, and their stand-ins."""
