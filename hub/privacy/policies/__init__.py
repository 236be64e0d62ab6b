"""Privacy statements, terms and notices: versions, announcements, acceptances, and uses that wait for acceptance."""
