"""Infrastructure: database, unit of work, bus, journal, jobs, files, secrets, mail, settings. No word of any feature."""
