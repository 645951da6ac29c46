"""What a newly installed host of a pool does when its own system starts for the first time: the steps, the script that puts them there, and
what is made of the reports. Refuses to know HTTP."""
