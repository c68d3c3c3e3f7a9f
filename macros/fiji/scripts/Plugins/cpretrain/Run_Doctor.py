#@ String (visibility=MESSAGE, value="<html>Says what cpretrain finds on this machine: Java, Fiji, Cellpose, models, a GPU; and what to do about the rest.", required=false, persist=false) about
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
try:
    from cpretrain_fiji import *
except ImportError:
    raise ImportError("type once in a terminal:  cpretrain fiji-scripts --install  (jars/Lib/cpretrain_fiji.py is missing)")

with Job("Doctor", python) as cpretrain:
    doctor(job=cpretrain)
