"""A carrier that speaks TwiML and has a REST API like Twilio's, as a declaration: the plugin says only what differs."""
