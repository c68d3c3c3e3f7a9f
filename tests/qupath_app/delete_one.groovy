// Deletes the largest annotation of each image.
def largest = getAnnotationObjects().max { it.getROI().getArea() }
getCurrentHierarchy().removeObjects(largest == null ? [] : [largest], true)
