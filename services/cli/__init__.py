"""The command line: the processes of the data centre and the tools of an operator."""
