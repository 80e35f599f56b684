"""What runs beside the web: the jobs' functions, the timetable, and the process that hears the bells."""
