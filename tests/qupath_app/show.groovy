// Prints what is in each image, in order.
def objects = getCurrentHierarchy().getAllObjects(false).collect {
    (it.isAnnotation() ? 'annotation' : 'detection') + ' ' + it.getPathClass() + ' ' + it.getROI().getRoiName()
}
println getProjectEntry().getImageName() + ': ' + objects.sort().join(', ')
