"""What the explain page is made of; explained examples lie in the room of their modality (workbench/modality/)."""
