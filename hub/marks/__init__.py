"""What users add to calls, texts and forms: lead status and value, tags, notes, merged people. One function a deed, with
its audit entry inside, for pages, CLI and API alike."""
