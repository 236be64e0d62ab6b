"""The engine of the own line: it speaks SIP and moves the sound. interface.py says what any engine offers."""
