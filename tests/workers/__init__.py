"""The processes: settings, embedded servers, supervisor and command line."""
