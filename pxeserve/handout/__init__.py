"""What a machine is handed for a name it asks for, whichever protocol it asks by."""
