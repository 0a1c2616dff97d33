"""One module a command, imported when the command is run or asked for help."""
